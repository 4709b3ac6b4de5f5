"""The pre-training step of LocalMIM with FreezeOut in PyTorch, as a peer to measure against.

Written from the method's description; names and layouts of parameters are those of
timm and LocalMIM, so that the same weights run on both sides.
"""
