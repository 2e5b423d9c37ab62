/** A `fmt ` chunk's numbers beside the samples. */
export type WavFormat = { tag?: number; channels?: number; sampleRate?: number; bits?: number };

/** A WAVE file of `data` as it stands. `chunks` come between the format and the data. */
export function buildWav(data: Uint8Array, format: WavFormat = {}, chunks: readonly [string, Uint8Array][] = []): Buffer {
  const { tag = 1, channels = 1, sampleRate = 8000, bits = 16 } = format;
  const fmt = Buffer.alloc(16);
  fmt.writeUInt16LE(tag, 0);
  fmt.writeUInt16LE(channels, 2);
  fmt.writeUInt32LE(sampleRate, 4);
  fmt.writeUInt32LE((sampleRate * channels * bits) / 8, 8);
  fmt.writeUInt16LE((channels * bits) / 8, 12);
  fmt.writeUInt16LE(bits, 14);
  const body = Buffer.concat([
    Buffer.from('WAVE'),
    chunk('fmt ', fmt),
    ...chunks.map((part) => chunk(...part)),
    chunk('data', data),
  ]);
  return Buffer.concat([chunkHeader('RIFF', body.length), body]);
}

/** A mono recording of 16 bits: a tone whose pitch depends on `seed`, so that recordings differ. */
export function tone(seed: number, { seconds = 0.1, sampleRate = 8000, amplitude = 12_000 } = {}): Int16Array<ArrayBuffer> {
  const radians = (2 * Math.PI * (200 + 37 * seed)) / sampleRate;
  return Int16Array.from({ length: Math.round(seconds * sampleRate) }, (_, i) => Math.round(amplitude * Math.sin(radians * i)));
}

export function bytesOf(samples: Int16Array<ArrayBuffer>): Uint8Array {
  return new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
}

function chunk(id: string, data: Uint8Array): Buffer {
  return Buffer.concat([chunkHeader(id, data.length), data, Buffer.alloc(data.length % 2)]);
}

function chunkHeader(id: string, sizeBytes: number): Buffer {
  const header = Buffer.alloc(8);
  header.write(id, 'latin1');
  header.writeUInt32LE(sizeBytes, 4);
  return header;
}
