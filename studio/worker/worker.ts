import { expose } from 'comlink'
import { Work } from './work.ts'

// ONNX Runtime starts its threads from the file that holds its own code: such a thread has nothing to do here.
if (self.name !== 'em-pthread') expose(new Work())
