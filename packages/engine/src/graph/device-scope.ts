let present: string | null = null;

/**
 * Marks every node that a program records while `run` runs, its gradients among them, with a TensorFlow device such as
 * `/device:GPU:1`. Variables, their updates and inputs stay where TensorFlow puts them. Without a recording it changes nothing.
 */
export function onDevice<T>(device: string, run: () => T): T {
  const outer = present;
  present = device;
  try {
    return run();
  } finally {
    present = outer;
  }
}

/** The device that nodes recorded now are meant for; null where none is asked for. */
export function presentDevice(): string | null {
  return present;
}
