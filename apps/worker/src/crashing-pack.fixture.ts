/** A packing process for tests that dies as soon as it is given work. */
process.on('message', () => process.abort());
process.send?.({ type: 'ready' });
