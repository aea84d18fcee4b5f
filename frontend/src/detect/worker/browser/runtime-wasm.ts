// ONNX Runtime for the CPU.
export { default as module } from 'onnxruntime-web/ort-wasm-simd-threaded.mjs?url';
export { default as binary } from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url';
export * as ort from 'onnxruntime-web/wasm';
