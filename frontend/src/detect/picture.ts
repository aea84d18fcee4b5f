import type { Picture } from './messages';

export type Size = { width: number; height: number };

/** As it is to be shown. */
export function pictureSize(picture: Picture): Size {
  return 'displayWidth' in picture
    ? { width: picture.displayWidth, height: picture.displayHeight }
    : { width: picture.width, height: picture.height };
}
