import type { SplitPreview } from '@scion/schema';
import type { Pixels } from '../image/pixels.ts';

/** An example as people look at it: its part of the JSON preview, and a picture for the contact sheet. */
export type Shown = { content: Pick<SplitPreview['examples'][number], 'thumbnail' | 'text' | 'seconds'>; picture: Pixels };
