/** Whether a low value of the metric is a good one; of all but losses a high one is. */
export function isLowerBetter(name: string): boolean {
  return name.endsWith('loss');
}
