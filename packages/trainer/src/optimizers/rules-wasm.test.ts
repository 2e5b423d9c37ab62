import { openDevice } from '@scion/engine';

// A process has one device. The tests of the rules open whichever there is, which from here on is this one.
await openDevice({ choice: 'wasm' });
await import('./optimizers.test.ts');
await import('./paper-rules.test.ts');
