import type { AppDependencies } from '../app-dependencies.ts';
import type { App } from '../app-instance.ts';

/** The routes of one resource: one file each, listed in `index.ts`. */
export type Routes = (app: App, dependencies: AppDependencies) => void | Promise<void>;

/** Gives the arguments of a routes function their types. */
export function defineRoutes(routes: Routes): Routes {
  return routes;
}
