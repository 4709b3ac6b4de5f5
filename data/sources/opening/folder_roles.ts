/**
 * Names of folders that say what is in them rather than which class it is of.
 *
 * @module
 */

/** The pictures themselves. */
const CONTAINER =
  /^((all|raw|original)[-_ ]?)?(images?|imgs?|jpegimages|jpe?gs?|pngs?|pictures?|pics?|photos?|frames?|data|datasets?|files?|rgb)$/i;

/** What belongs to pictures: a picture for each, or files about them. */
const COMPANION =
  /^(.*[-_ ])?(masks?|labels?|annotations?|annots?|segmentations?|segmentation(class|object)|depths?|depth[-_]?maps?|ground[-_ ]?truths?|gts?|trimaps?|bbox(es)?|bounding[-_ ]?boxes|attributes|keypoints|heatmaps?|disparit(y|ies)|normals|edges|parts|imagesets|meta(data)?|docs?|examples?|previews?|thumb(nail)?s?|screenshots?|assets|figures?|notebooks?|models?|checkpoints?|runs?|outputs?|results?|predictions?|logs?)$/i;

/** Whether a folder of this name holds the pictures of a data set, and is no class. */
export const isContainer = (name: string): boolean => CONTAINER.test(name);

/** Whether a folder of this name holds what belongs to the pictures in another one. */
export const isCompanion = (name: string): boolean => COMPANION.test(name);
