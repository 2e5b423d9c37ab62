import './without-eval.ts';
import { startPage } from './page.ts';

startPage();
