// The recorder's page: one button, a level, a player. The kernel gets raw samples in one message.

// What a browser does to voices for telephony would change the sound.
const MICROPHONE = {
  audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false, channelCount: 1 },
};
const MAX_SAMPLES = 2 ** 21; // 8 MiB: notebook servers close the connection at 10

// Runs in the audio thread; hands on each block of samples, the mean of its channels.
const WORKLET = `registerProcessor("samples", class extends AudioWorkletProcessor {
  process([channels]) {
    if (channels.length) {
      const mono = new Float32Array(channels[0].length);
      for (const channel of channels) channel.forEach((x, i) => { mono[i] += x / channels.length; });
      this.port.postMessage(mono, [mono.buffer]);
    }
    return true;
  }
});`;

// Blocks of the microphone's samples, until `close` is called.
async function open(take) {
  const context = new AudioContext(); // at the device's own rate
  let stream = null;
  const close = () => {
    stream?.getTracks().forEach((track) => track.stop());
    if (context.state != "closed") context.close();
  };
  const program = URL.createObjectURL(new Blob([WORKLET], { type: "text/javascript" }));
  try {
    stream = await navigator.mediaDevices.getUserMedia(MICROPHONE);
    await context.audioWorklet.addModule(program);
    const samples = new AudioWorkletNode(context, "samples");
    samples.port.onmessage = ({ data }) => take(data);
    // Its output is silence; some browsers run only what is connected to the loudspeaker.
    context.createMediaStreamSource(stream).connect(samples).connect(context.destination);
    await context.resume();
  } catch (error) {
    close();
    throw error;
  } finally {
    URL.revokeObjectURL(program);
  }
  return { rate: context.sampleRate, close, track: stream.getAudioTracks()[0] };
}

// Samples as a 16-bit WAV file, for the player only.
function wav(samples, rate) {
  const view = new DataView(new ArrayBuffer(44 + 2 * samples.length));
  const text = (at, letters) => [...letters].forEach((c, i) => view.setUint8(at + i, c.charCodeAt(0)));
  text(0, "RIFF"), view.setUint32(4, 36 + 2 * samples.length, true), text(8, "WAVEfmt ");
  view.setUint32(16, 16, true), view.setUint16(20, 1, true), view.setUint16(22, 1, true);
  view.setUint32(24, rate, true), view.setUint32(28, 2 * rate, true);
  view.setUint16(32, 2, true), view.setUint16(34, 16, true);
  text(36, "data"), view.setUint32(40, 2 * samples.length, true);
  samples.forEach((x, i) => view.setInt16(44 + 2 * i, Math.max(-1, Math.min(1, x)) * 32767, true));
  return new Blob([view], { type: "audio/wav" });
}

const PAGE = `<div class="ta-recorder" style="padding:.4em 0">
  <button type="button" style="min-width:7em;padding:.3em .8em;cursor:pointer"></button>
  <meter min="-60" max="0" high="-1" value="-60" style="width:10em;vertical-align:middle"></meter>
  <output style="font-variant-numeric:tabular-nums"></output>
  <div role="status" style="margin:.3em 0"></div>
  <audio controls hidden></audio>
</div>`;

function render({ model, el }) {
  const words = model.get("words"), limit = model.get("limit_s");
  el.innerHTML = PAGE;
  const [button, meter, seconds, status, player] =
    ["button", "meter", "output", "[role=status]", "audio"].map((name) => el.querySelector(name));
  meter.setAttribute("aria-label", words.level);
  player.setAttribute("aria-label", words.playback);
  let source = null, blocks = [], count = 0, peak = 0, shown = 0, wanted = false;

  const idle = (text) => {
    source?.close();
    source = null, wanted = false;
    button.textContent = `● ${words.record}`;
    meter.value = -60;
    status.textContent = text;
  };

  // Twenty times a second: the seconds, and the peak of what came since.
  const take = (block) => {
    if (!wanted) return;
    blocks.push(block), count += block.length;
    for (const x of block) peak = Math.max(peak, Math.abs(x));
    if (!source) return; // it is still being opened
    if (count >= Math.min(limit * source.rate, MAX_SAMPLES)) return stop();
    if (count - shown < source.rate / 20) return;
    meter.value = 20 * Math.log10(peak + 1e-6);
    seconds.textContent = `${(count / source.rate).toFixed(1)} / ${limit} s`;
    shown = count, peak = 0;
  };

  const start = async () => {
    if (!navigator.mediaDevices?.getUserMedia) return idle(words.insecure);
    blocks = [], count = shown = peak = 0, wanted = true;
    player.pause(), player.hidden = true;
    status.textContent = words.asking;
    try {
      source = await open(take);
    } catch (error) {
      const known = { NotAllowedError: words.refused, NotFoundError: words.absent, NotReadableError: words.busy };
      return idle(known[error.name] ?? `${words.failed} (${error.name}: ${error.message})`);
    }
    if (!wanted) return source.close(); // the cell was removed meanwhile
    source.track.onended = stop; // the microphone was unplugged
    button.textContent = `■ ${words.stop}`;
    status.textContent = words.recording;
  };

  const stop = () => {
    if (!source) return;
    const { rate } = source;
    const samples = new Float32Array(Math.min(count, Math.round(limit * rate), MAX_SAMPLES));
    let at = 0;
    for (const block of blocks) {
      samples.set(block.subarray(0, samples.length - at), at);
      at = Math.min(at + block.length, samples.length);
    }
    seconds.textContent = `${(samples.length / rate).toFixed(1)} s`;
    URL.revokeObjectURL(player.src);
    player.src = URL.createObjectURL(wav(samples, rate)), player.hidden = false;
    idle(words.sending);
    model.send({ sample_rate: rate }, undefined, [samples.buffer]);
  };

  const answer = () => { status.textContent = model.get("status"); };
  model.on("change:status", answer);
  button.onclick = () => {
    if (source) stop();
    else if (!wanted) start(); // not twice while the browser asks
  };
  idle(model.get("status")); // a cell that is run again shows what Python has
  return () => { // the cell goes, and with it the microphone's light
    model.off("change:status", answer);
    idle("");
  };
}

export default { render };
