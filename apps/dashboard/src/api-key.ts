import { ScionApiError } from '@scion/client';
import { element } from './element.ts';

const storedAs = 'scion.apiKey';

/** The key that was typed in. It is kept as long as the tab is open, and out of every other one. */
export function storedApiKey(): string | undefined {
  return window.sessionStorage.getItem(storedAs) ?? undefined;
}

/** Whether the server wants a key, or another one. */
export function isKeyWanted(error: unknown): boolean {
  return error instanceof ScionApiError && error.status === 401;
}

/** Asks for a key, once however often it is called, and starts the page again with it. */
export function askForKey(root: HTMLElement): void {
  if (root.querySelector('form') !== null) return;
  const input = element('input', { id: 'api-key', type: 'password', required: true, autocomplete: 'off', spellcheck: 'false' });
  const form = element(
    'form',
    { class: 'key' },
    element('label', { for: 'api-key' }, 'API key (scion_…)'),
    input,
    element('button', { type: 'submit' }, 'Open'),
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    window.sessionStorage.setItem(storedAs, input.value.trim());
    window.location.reload();
  });
  root.replaceChildren(form);
  input.focus();
}
