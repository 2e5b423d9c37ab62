import type { Services } from '@scion/jobs';
import type { AppDependencies } from '../app-dependencies.ts';
import type { App } from '../app-instance.ts';

/** Records are reached through `request.services`, which knows whose they are; what stands here has to do with none. */
export type RouteDependencies = Omit<AppDependencies, 'services'> & { services: Pick<Services, 'keys' | 'audit'> };

/** The routes of one resource: one file each, listed in `index.ts`. */
export type Routes = (app: App, dependencies: RouteDependencies) => void | Promise<void>;

/** Gives the arguments of a routes function their types. */
export function defineRoutes(routes: Routes): Routes {
  return routes;
}
