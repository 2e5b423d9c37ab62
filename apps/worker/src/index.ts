export { detectSlots, type Slot } from './processes/slots.ts';
export { defaultTimings, type Supervisor, type SupervisorTimings, startSupervisor } from './supervisor.ts';
