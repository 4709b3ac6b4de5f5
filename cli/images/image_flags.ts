/**
 * Flags that choose images.
 *
 * @module
 */
import {
  type FlagPlace,
  numberFlag,
  SHARE,
  textFlag,
  under,
  wholeFlag,
} from "../flags/flags.ts";

/** What is learned from where no images are named. */
const EMBEDDED: FlagPlace<string> = {
  initial: "the embedded Fashion-MNIST test images",
};

/** Where the images are. */
export const dataFlag = (help: string) => textFlag("DIR", help, EMBEDDED);

/**
 * Flags that choose some of the images, and those to judge by.
 *
 * @param verb What is done with classes, for example `learn from`.
 */
export const imageFlags = (data: string, verb: string, share: string) =>
  under("Images", {
    "data": dataFlag(data),
    "classes": textFlag(
      "NAMES",
      `${verb} these classes: in-5, in-10, in-25, in-100, A,B,… or a file of names`,
      { at: "classes", initial: "all" },
    ),
    "val-share": numberFlag(SHARE, share, {
      initial: "the data's own part to judge by, else a fifth",
    }),
    "limit": wholeFlag(1, "learn from so many of the images", {
      initial: "all",
    }),
  });
