/** Interactive streams (signalling, input, small requests) go before bulk (pictures, files, logs). */
export type StreamClass = 'interactive' | 'bulk';
