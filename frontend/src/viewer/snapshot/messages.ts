// What the page and the encoding worker say to each other.
import type { Picture } from '../../detect/messages';
import type { Detection } from '../../protocol/messages';

/** `boxes`: drawn on the picture, which becomes a PNG. Null: the bare picture as a JPEG. */
export type ToEncoder = { id: number; picture: Picture; boxes: readonly Detection[] | null };

export type Encoded = { bytes: ArrayBuffer; width: number; height: number };

export type FromEncoder = { id: number } & ({ encoded: Encoded } | { error: string });
