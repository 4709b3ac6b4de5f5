/** Flags that choose images. */
import { left } from "../../core/mod.ts";
import { BACKGROUNDS, classNamesFrom } from "../../data/mod.ts";
import { must } from "../command/command_failed.ts";
import {
  choiceFlag,
  numberFlag,
  SHARE,
  textFlag,
  under,
  wholeFlag,
} from "../flags/flags.ts";

/** Images where none are named. */
const EMBEDDED = "the embedded Fashion-MNIST test images";

/** Place of the images. */
export const dataFlag = (help: string, initial = EMBEDDED) =>
  textFlag("DIR", help, { initial });

/** The flag for what lies behind transparent parts. */
export const backgroundFlag = (initial: string) =>
  choiceFlag(
    BACKGROUNDS,
    "colour that transparent parts are blended onto: the mean colour of the normalisation, white, black, or none to drop the alpha channel",
    { initial },
  );

/**
 * Flags that choose some of the images, and the validation set.
 *
 * @param verb Use of classes, for example `learn from`.
 * @param of Images and background where no flags name them.
 */
export const imageFlags = (
  data: string,
  verb: string,
  share: string,
  of: { readonly data?: string; readonly background?: string } = {},
) =>
  under("Images", {
    "data": dataFlag(data, of.data),
    "classes": textFlag(
      "NAMES",
      `${verb} these classes: in-5, in-10, in-25, in-100, A,B,… or a file of names`,
      { at: "classes", initial: "all" },
    ),
    "val-share": numberFlag(SHARE, share, {
      initial: "the data's own validation part, else a fifth",
    }),
    "background": backgroundFlag(of.background ?? "mean"),
    "limit": wholeFlag(1, "learn from so many of the images", {
      at: "limit",
      initial: "all",
    }),
  });

/** The classes that `--classes` says, or `null` where it is not given. */
export async function classesFrom(
  classes: string | undefined,
): Promise<readonly string[] | null> {
  if (classes === undefined) return null;
  const names = await classNamesFrom(classes);
  if (names._tag === "Right") return names.right;
  const { left: error } = names;
  return must(left(
    error._tag === "BadOptions" ? error.faults : [{
      _tag: "Inconsistent",
      path: "--classes",
      found: classes,
      wanted: "a subset, names or a file of names",
    }],
  ));
}
