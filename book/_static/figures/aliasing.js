// Aliasing: a tone is dragged along the axis of frequencies, past half the sample rate, and folds down again.
taFigure.define('aliasing', box => {
  'use strict';
  const { words, svg, html, set, slider, choice, sound, pointer, path } = taFigure;
  const RATE = 16, HIGHEST = 20; // kHz
  const heard = f => Math.abs(f - RATE * Math.round(f / RATE));
  const khz = f => `${f.toFixed(1)} kHz`;
  let f = 9, sampled = true, playing = null;

  // Above, what is heard against what was there: a zigzag.  Below, one millisecond of both and of the samples.
  const X = value => 46 + value * 27, Y = value => 118 - value * 11;
  const T = ms => 46 + ms * 540, A = value => 224 - value * 38;
  const fold = svg('path', { class: 'ta-line', d: path([[0, 0], [8, 8], [16, 0], [20, 4]].map(([x, y]) => [X(x), Y(y)])) });
  const dot = svg('circle', { r: 9, class: 'ta-handle' });
  const drop = svg('path', { class: 'ta-thin' }), mark = svg('text', { class: 'ta-strong ta-end', x: X(20), y: 18 });
  const wave = svg('path', { class: 'ta-faint' }), alias = svg('path', { class: 'ta-heard' });
  const samples = svg('g', { class: 'ta-samples' });
  const ticks = [0, 4, 8, 12, 16, 20].map(v => svg('text', { x: X(v), y: 136, class: 'ta-tick' }, v));
  const picture = svg('svg', { viewBox: '0 0 640 268', class: 'ta-drag', role: 'img' },
    svg('path', { class: 'ta-axis', d: `M${X(0)} ${Y(8.6)}V${Y(0)}H${X(20)}` }),
    svg('path', { class: 'ta-limit', d: `M${X(8)} ${Y(8.6)}V${Y(0)}` }), fold, drop,
    svg('text', { x: X(8), y: Y(8.9), class: 'ta-tick' }, words('나이퀴스트 8 kHz', 'Nyquist, 8 kHz')),
    ...ticks, svg('text', { x: 6, y: 16, class: 'ta-name' }, words('들리는 주파수', 'heard')),
    svg('text', { x: X(20), y: 164, class: 'ta-name ta-end' }, words('원래 주파수 (kHz) →', 'the tone (kHz) →')),
    wave, alias, samples, dot, mark);
  const says = html('p', { class: 'ta-says' }, words('아래는 1 ms입니다. 옅은 선은 원래 순음, 점은 샘플, 진한 선은 샘플에서 들리는 순음입니다.', 'Below, 1 ms: the pale line is the tone, the dots are its samples, the bold line is the tone heard in them.'));

  function draw() {
    const g = heard(f), wavy = h => Array.from({ length: 541 }, (_, i) => [T(i / 540), A(Math.cos(2 * Math.PI * h * i / 540))]);
    set(dot, { cx: X(f), cy: Y(g) });
    set(drop, { d: `M${X(f)} ${Y(0)}V${Y(g)}H${X(0)}` });
    mark.textContent = `${f.toFixed(1)} → ${khz(g)}`;
    set(wave, { d: path(wavy(f)) });
    set(alias, { d: path(wavy(g)) });
    samples.replaceChildren(...Array.from({ length: 17 }, (_, n) => svg('circle', { r: 4, cx: T(n / 16), cy: A(Math.cos(2 * Math.PI * f * n / RATE)) })));
    set(picture, { 'aria-label': words(`${khz(f)}의 순음을 16 kHz로 재면 ${khz(g)}로 들립니다.`, `A tone of ${khz(f)}, sampled at 16 kHz, is heard at ${khz(g)}.`) });
    tune();
  }
  // The samples of the tone and of the one it folds to are the same numbers: the oscillator may have the latter's frequency.
  function tune() {
    playing?.frequency.setTargetAtTime(1000 * (sampled ? heard(f) : f), playing.context.currentTime, 0.02);
  }
  const control = slider({
    label: words('순음의 주파수', 'the tone'), min: 0.2, max: HIGHEST, step: 0.1, value: f, tell: khz,
    move: value => { f = value; draw(); },
  });
  pointer(picture, x => {
    control.input.value = Math.min(HIGHEST, Math.max(0.2, (x - 46) / 27));
    control.update();
  }, true);
  const play = sound({
    label: words('듣기', 'Listen'),
    start(context, out) {
      playing = new OscillatorNode(context, { frequency: 1000 * (sampled ? heard(f) : f) });
      const level = new GainNode(context, { gain: 0.08 });
      playing.connect(level).connect(out);
      const one = playing;
      one.start();
      return () => { one.stop(); if (playing == one) playing = null; };
    },
  });
  const which = choice({
    label: words('무엇을', 'which'), value: 'sampled',
    values: { sampled: words('16 kHz로 잰 것', 'sampled at 16 kHz'), tone: words('원래 순음', 'the tone itself') },
    choose: value => { sampled = value == 'sampled'; tune(); },
  });
  box.setAttribute('aria-label', words('에일리어싱: 순음을 끌어 보기', 'Aliasing: drag the tone'));
  box.append(picture, control.element, html('div', { class: 'ta-row' }, play, which), says);
  control.update();
});
