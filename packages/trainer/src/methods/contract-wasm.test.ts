import { describeMethodContract } from '../method-contract.fixture.ts';

describeMethodContract('wasm', 1);
