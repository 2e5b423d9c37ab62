import { isMainThread } from 'node:worker_threads';
import sharp from 'sharp';

let areRestricted = false;

/**
 * Lets sharp decode nothing but JPEG, PNG, WebP and GIF, of memory. (libvips would also take SVG, PDF, TIFF and, through ImageMagick,
 * much more.) This is a setting of the process, which is closed for a moment while it is made: an image that another thread decodes just
 * then would be refused. So the main thread makes it, once, before it starts any that decode.
 */
export function restrictDecoders(): void {
  if (!isMainThread || areRestricted) return;
  areRestricted = true;
  sharp.block({ operation: ['VipsForeignLoad'] });
  sharp.unblock({
    operation: [
      'VipsForeignLoadJpegBuffer',
      'VipsForeignLoadPngBuffer',
      'VipsForeignLoadWebpBuffer',
      'VipsForeignLoadNsgifBuffer',
    ],
  });
}
