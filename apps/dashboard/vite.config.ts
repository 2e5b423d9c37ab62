import { defineConfig } from 'vite';

export default defineConfig({ base: '/dashboard/', build: { target: 'es2022', modulePreload: { polyfill: false } } });
