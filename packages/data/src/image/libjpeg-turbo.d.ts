declare module '@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs' {
  /** libjpeg-turbo, compiled to WebAssembly. Its methods throw numbers. */
  type Decoder = {
    /** Where the file is to be put. */
    getEncodedBuffer(sizeBytes: number): Uint8Array;
    decode(): void;
    getFrameInfo(): { width: number; height: number; componentCount: number };
    /** A view of the decoder's own memory. */
    getDecodedBuffer(): Uint8Array;
  };

  const createModule: () => Promise<{ JPEGDecoder: new () => Decoder }>;
  export = createModule;
}
