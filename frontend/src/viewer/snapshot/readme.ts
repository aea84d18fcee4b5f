// The page that lies in the zip, for whoever opens it later.
import { NOT_TRUTH, type Origin } from './coco';

export const readmeText = (
  frames: number,
  { version, model }: Origin,
  created: Date,
): string => `${frames} frames, collected with Sightline ${version} and packed on ${created.toISOString()}.

images/           the frames that were detected, as JPEG, in the size of the video
annotations.json  all detections in COCO's format; file names are those in images/
frames.jsonl      one line per frame: its file, size, time of capture, and the detection result as it came

Mind that ${NOT_TRUTH}.
The model, ${model}, misses things and sees some that are not there. Correct the boxes before you
train on them or measure with them.

Every detection that the model reported is here with its score, also those that the page's slider and label
filter kept off the screen. A bbox is x, y, width, height in pixels from the top left corner. Category ids are
the model's own numbers of its labels; annotations.json lists them.

People in the pictures may have a say in what you do with them.
`;
