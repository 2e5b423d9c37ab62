/** The two views of a method that asks for two. */
export function viewPair<View>(views: readonly View[]): readonly [View, View] {
  const [first, second] = views;
  if (first === undefined || second === undefined || views.length > 2)
    throw new Error(`Two views are needed, not ${views.length}`);
  return [first, second];
}
