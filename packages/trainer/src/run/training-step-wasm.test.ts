import { openDevice } from '@scion/engine';

// A process has one device. The tests of the step open whichever there is, which from here on is this one.
await openDevice({ choice: 'wasm' });
await import('./training-step.test.ts');
