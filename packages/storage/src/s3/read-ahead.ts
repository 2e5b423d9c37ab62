/**
 * Pieces in their order, while those that follow are on their way already: `ahead` at once, so that the time for an answer is
 * waited for once and not with every piece. At most `ahead` and one are in memory.
 */
export async function* readAhead<Piece>(
  count: number,
  fetchPiece: (index: number) => Promise<Piece>,
  ahead = 4,
): AsyncGenerator<Piece> {
  const fetching: Promise<Piece>[] = [];
  for (let next = 0; next < count || fetching.length > 0; ) {
    while (next < count && fetching.length < ahead) {
      const piece = fetchPiece(next++);
      piece.catch(() => undefined); // It is awaited in its turn
      fetching.push(piece);
    }
    const first = fetching.shift();
    if (first !== undefined) yield await first;
  }
}
