/** The entry: hands over to the command line. */
export { main } from './cli/main.ts';
