import { describeMethodContract } from '../method-contract.fixture.ts';

describeMethodContract('auto', 3);
