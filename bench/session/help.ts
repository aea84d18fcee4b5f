export const HELP = `Measures a phone, a viewer and a server as people use them: metrics.json, and a report to look at.

usage: bench/run_bench.sh [OPTIONS]
       bench/run_bench.sh --sweep fps=5,10,15 size=320x240,640x480 [OPTIONS]
       bench/run_bench.sh --attach http://localhost:3000 [OPTIONS]

By itself it starts a server, a phone (Chromium whose camera shows a clip) and a viewer (Chromium), waits until
the connection has warmed up, and measures. Files are named from the current folder.

  --duration S       seconds to measure, 1 to 3600 [default: 30]
  --warmup S         seconds that frames are shown before that, 0 to 600 [default: 5]
  --mode MODE        where inference runs: server, wasm or auto [default: server]
  --fps N            frames a second that are sampled, 1 to 60 [default: 15]
  --size WxH         of the frames that are inferred [default: 320x240]
  --quality Q        of their JPEG, 0.1 to 1 [default: 0.7]
  --threads T        of the inference: WASM's threads in the viewer, and of the server's sessions [default: 1]
  --phone KIND       browser (Chromium, which films and encodes) or virtual (\`sightline phone\`, which sends a clip
                     that was encoded before: no camera's and no encoder's time, and hardly any processor)
                     [default: browser]
  --clip FILE        what the phone's camera shows: .mjpeg or .y4m, of a virtual phone .ivf
                     [default: bench/clips/people.mjpeg, people.ivf]
  --out FILE         the figures [default: metrics.json]
  --report FILE      the report, one page that needs no network [default: report.html]
  --headed           show the viewer's window (needs a display)
  --attach URL       measure the Sightline that runs at URL with a real phone: opens a viewer of its own there and
                     prints the link for the phone. CPU of server and phone are null then: their processes are
                     not known. --threads sets WASM's only; the server keeps its own
  --sweep LISTS      every combination of these values of mode, fps, size, quality and threads, each for --duration;
                     one report with all runs, a table as CSV, and no metrics.json
  --csv FILE         that table [default: sweep.csv]
  -h, --help         this text

Ctrl-C ends the measurement early and writes what was measured; a second one ends at once.
CHROME names the browser, SIGHTLINE_BIN a server that is built already. Other work on the machine makes every
figure worse. The browsers run without a GPU.

The status is 0 when everything was measured; 1 when something is missing or no frame was answered (existing files
are left alone then; a sweep goes on, and writes what it has); 2 when the options make no sense; 130 after Ctrl-C.`;
