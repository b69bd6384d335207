// Sound into noise and back by one slider: x_t of DDPM's schedule, mixed while it sounds.
taFigure.define('noise', box => {
  'use strict';
  const { words, svg, html, set, slider, sound, path } = taFigure;
  const RATE = 16000, SECONDS = 2, LEVEL = 0.12, STEPS = 1000;
  // Ho et al. (2020): betas from 0.0001 to 0.02 in equal steps.
  const kept = [1];
  for (let t = 0; t < STEPS; t++) kept.push(kept[t] * (1 - (1e-4 + (0.02 - 1e-4) * t / (STEPS - 1))));

  // A computed note of four plucked tones, and noise; both of variance 1, so that x_t has it, too.
  const clean = new Float32Array(RATE * SECONDS), noise = clean.map(() => Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random()));
  [261.6, 329.6, 392, 523.3].forEach((f, i) => {
    for (let n = i * 6400, k = 0; n < clean.length; n++, k++)
      for (let h = 1; h <= 6; h++) clean[n] += Math.sin(2 * Math.PI * f * h * k / RATE) * Math.exp(-k / RATE * (2 + 1.6 * h)) * Math.min(1, k / 60) / h;
  });
  const power = Math.sqrt(clean.reduce((sum, x) => sum + x * x, 0) / clean.length);
  for (let n = 0; n < clean.length; n++) clean[n] /= power;

  let t = 0, gains = null;
  const X = n => 12 + n * 616 / 700, wave = svg('path', { class: 'ta-heard' });
  const picture = svg('svg', { viewBox: '0 0 640 170', role: 'img' }, svg('path', { class: 'ta-axis', d: 'M12 85H628' }), wave);
  const says = html('p', { class: 'ta-says' });
  function draw() {
    const a = Math.sqrt(kept[t]), b = Math.sqrt(1 - kept[t]);
    set(wave, { d: path(Array.from({ length: 701 }, (_, n) => { const i = 12800 + n; return [X(n), Math.min(165, Math.max(5, 85 - 24 * (a * clean[i] + b * noise[i])))]; })) });
    const snr = t ? (20 * Math.log10(a / b)).toFixed(1).replace('-', '−') + ' dB' : '∞';
    says.textContent = `√ᾱ = ${a.toFixed(3)}, √(1 − ᾱ) = ${b.toFixed(3)}, ${words('신호 대 잡음비', 'signal-to-noise ratio')} ${snr}`;
    set(picture, { 'aria-label': words(`t = ${t}의 파형 44 ms. `, `44 ms of the waveform at t = ${t}. `) + says.textContent });
    gains?.forEach((gain, i) => gain.gain.setTargetAtTime(LEVEL * [a, b][i], gain.context.currentTime, 0.03));
  }
  const control = slider({
    label: words('스텝', 'step'), min: 0, max: STEPS, step: 1, value: 300, tell: value => `t = ${value}`,
    move: value => { t = value; draw(); },
  });
  const play = sound({
    label: words('듣기', 'Listen'),
    start(context, out) {
      const amounts = [Math.sqrt(kept[t]), Math.sqrt(1 - kept[t])];
      const sources = [clean, noise].map(samples => {
        const buffer = new AudioBuffer({ length: samples.length, sampleRate: RATE });
        buffer.copyToChannel(samples, 0);
        return new AudioBufferSourceNode(context, { buffer, loop: true });
      });
      gains = sources.map((source, i) => {
        const gain = new GainNode(context, { gain: LEVEL * amounts[i] });
        source.connect(gain).connect(out);
        source.start();
        return gain;
      });
      const mine = gains;
      return () => { sources.forEach(source => source.stop()); if (gains == mine) gains = null; };
    },
  });
  box.setAttribute('aria-label', words('소리에서 잡음으로, 그리고 거꾸로', 'Sound into noise, and back'));
  box.append(picture, control.element, html('div', { class: 'ta-row' }, play), says);
  control.update();
});
