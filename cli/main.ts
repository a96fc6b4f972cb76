#!/usr/bin/env node
/** @module Entry of the program `trial`. */
import * as trials from '../workloads/index.ts';
import { processIo } from './io.ts';
import { program } from './program.ts';

// The exit code is set, not called: what was written is flushed before the process ends by itself.
process.exitCode = await program(process.argv.slice(2), { io: processIo(), trials });
