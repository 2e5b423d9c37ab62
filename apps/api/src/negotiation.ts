import type { FastifyRequest } from 'fastify';

/**
 * The media type of `offered` that the request's `Accept` wants most; of two wanted alike, the earlier. The first stands for "any",
 * and is also what a client gets that wants none of them.
 */
export function accepts<Type extends string>(request: FastifyRequest, offered: readonly [Type, ...Type[]]): Type {
  const ranges = parseAccept(request.headers.accept ?? '*/*');
  let best = offered[0];
  let bestQuality = qualityOf(offered[0], ranges);
  for (const type of offered) {
    const quality = qualityOf(type, ranges);
    if (quality > bestQuality) {
      best = type;
      bestQuality = quality;
    }
  }
  return best;
}

type MediaRange = { range: string; quality: number };

function parseAccept(accept: string): MediaRange[] {
  return accept.split(',').map((entry) => {
    const [range = '', ...parameters] = entry.split(';').map((part) => part.trim().toLowerCase());
    const q = parameters.find((parameter) => parameter.startsWith('q='));
    const quality = q === undefined ? 1 : Number(q.slice(2));
    return { range, quality: Number.isFinite(quality) ? quality : 0 };
  });
}

/** The most specific range that fits decides, as HTTP says. */
function qualityOf(type: string, ranges: readonly MediaRange[]): number {
  const group = `${type.split('/', 1)[0]}/*`;
  for (const wanted of [type, group, '*/*']) {
    const found = ranges.find(({ range }) => range === wanted);
    if (found !== undefined) return found.quality;
  }
  return 0;
}
