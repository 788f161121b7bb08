import 'reflect-metadata';
import { startProcess } from './start.js';

// The queue process: works on what is due, and answers only for its health.
startProcess({ roles: ['worker'] });
