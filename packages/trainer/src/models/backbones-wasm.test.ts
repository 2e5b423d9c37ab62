import { describeBackboneParity } from '../backbone-parity.fixture.ts';

describeBackboneParity('wasm');
