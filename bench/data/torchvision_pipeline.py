"""The pipeline of torchvision that bench/data.ts is compared with.

Reads paths of images and options as one line of JSON from standard input, then
loads all images once for every further line, and answers with a line of JSON:
images, seconds and processor seconds of all its processes.
"""

import json
import resource
import sys
import time

try:
    import torch
    from PIL import Image, __version__ as pillow
    from torchvision import __version__ as torchvision
    from torchvision import transforms
except ImportError as error:
    print(json.dumps({"missing": str(error)}))
    sys.exit(0)


class Images(torch.utils.data.Dataset):
    """Files as RGB pictures, as torchvision's default loader opens them."""

    def __init__(self, paths, size):
        self.paths = paths
        self.transform = transforms.Compose([
            transforms.RandomResizedCrop(
                size, scale=(0.2, 1.0),
                interpolation=transforms.InterpolationMode.BICUBIC),
            transforms.RandomHorizontalFlip(),
            transforms.ToTensor(),
            transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
        ])

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, index):
        with open(self.paths[index], "rb") as file:
            return self.transform(Image.open(file).convert("RGB"))


def processor_seconds():
    """Of this process and of its children that have ended."""
    both = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    usage = [resource.getrusage(who) for who in both]
    return sum(one.ru_utime + one.ru_stime for one in usage)


def main():
    options = json.loads(sys.stdin.readline())
    torch.set_num_threads(1)
    dataset = Images(options["paths"], options["size"])
    versions = f"torchvision {torchvision}, torch {torch.__version__}, Pillow {pillow}"
    print(json.dumps({"versions": versions}), flush=True)
    while sys.stdin.readline():
        # Its processes begin before the clock does: ours are there too.
        loader = torch.utils.data.DataLoader(
            dataset, batch_size=options["batchSize"], shuffle=True,
            drop_last=True, num_workers=options["workers"])
        before = processor_seconds()
        batches = iter(loader)
        start = time.perf_counter()
        images = sum(batch.shape[0] for batch in batches)
        seconds = time.perf_counter() - start
        del batches, loader
        answer = {"images": images, "seconds": seconds,
                  "processorSeconds": processor_seconds() - before}
        print(json.dumps(answer), flush=True)


main()
