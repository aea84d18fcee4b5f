// What the readers of both kinds of outputs have in common.
import type { Candidate } from './nms';
import type { Coverage } from './resize';

/** An output of the model: a tensor of [1, rows, columns]. */
export type Table = { name: string; rows: number; columns: number };

/** What becomes a candidate: a class with a label whose score is above the threshold. */
export type Wanted = { labels: readonly (string | null)[]; score: number };

/** One kind of outputs → boxes on the frame that are above the threshold. */
export type Head = {
  tables: readonly Table[];
  /** `numbers`: those of `tables`, in their order. */
  candidates(numbers: readonly Float32Array[], coverage: Coverage): Candidate[];
};
