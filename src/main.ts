import 'reflect-metadata';
import { startProcess } from './start.js';

startProcess();
