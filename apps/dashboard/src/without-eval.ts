/** Zod compiles its schemas with `new Function` unless told not to before it loads. The page's security policy forbids that. */
Object.assign(globalThis, { __zod_globalConfig: { jitless: true } });
