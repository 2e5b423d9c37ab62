import { parseArgs } from 'node:util';
import { type DeviceChoice, deviceChoices, openDevice } from './device.ts';
import { selfTest } from './self-test.ts';

/** Opens the device in a process of its own, since a native library that does not fit this machine ends its process. Prints JSON. */
const { values } = parseArgs({
  options: { device: { type: 'string', default: 'auto' }, selftest: { type: 'boolean', default: false } },
});
const choice = deviceChoices.find((name): name is DeviceChoice => name === values.device);
const device = await openDevice(choice ? { choice } : {});
process.stdout.write(`${JSON.stringify({ device, selfTest: values.selftest ? selfTest() : null })}\n`);
