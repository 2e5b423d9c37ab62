/** Something that this machine lacks for the runtime; the message says what, and how to get it. */
export class RuntimeUnavailable extends Error {}
