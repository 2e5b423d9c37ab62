/** Counts what is open at a time, by the place that it belongs to: an address, or what a key holds. */
export function createOpenCount() {
  const open = new Map<string, number>();

  return {
    of: (place: string): number => open.get(place) ?? 0,

    /** Counts one more until `holder` closes. */
    hold(place: string, holder: { once(event: 'close', listener: () => void): unknown }): void {
      open.set(place, (open.get(place) ?? 0) + 1);
      holder.once('close', () => {
        const left = (open.get(place) ?? 1) - 1;
        if (left === 0) open.delete(place);
        else open.set(place, left);
      });
    },
  };
}
