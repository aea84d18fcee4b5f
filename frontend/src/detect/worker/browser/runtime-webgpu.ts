// ONNX Runtime for the GPU. Larger, so only browsers with a real adapter load it.
export { default as module } from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.mjs?url';
export { default as binary } from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url';
export * as ort from 'onnxruntime-web/webgpu';
