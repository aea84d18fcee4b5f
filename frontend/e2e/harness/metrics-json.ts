/** Of metrics.json, by the contract. */
export const FIELDS = [
  'mode',
  'duration_s',
  'frames',
  'processed_fps',
  'e2e_latency_ms',
  'server_latency_ms',
  'network_latency_ms',
  'uplink_kbps',
  'downlink_kbps',
  'video_kbps',
  'capture_clock',
  'clock_error_ms',
  'cpu_percent',
  'stages_ms',
  'config',
  'machine',
];
