// A phasor, looked at once a hop: its phase, the phase unwrapped, and how far it turns in each hop.
taFigure.define('phasor', box => {
  'use strict';
  const { words, svg, html, set, slider, choice, sound, path } = taFigure;
  const RATE = 16000, FRAMES = 25, SPEED = 6; // frames a second, as slow motion
  const wrap = x => x - 2 * Math.ceil((x - 1) / 2);
  let f = 220, hop = 16, frame = FRAMES - 1, playing = null, timer = 0;
  const turn = () => 2 * f * hop / RATE; // half turns a hop

  const X = n => 268 + n * 14.6, SAW = y => 66 - y * 42, LINE = y => 218 - y * 3.2;
  const hand = svg('line', { class: 'ta-hand' }), last = svg('line', { class: 'ta-last' }), arc = svg('path', { class: 'ta-heard' });
  const saw = svg('path', { class: 'ta-faint' }), sawDots = svg('g', { class: 'ta-samples' });
  const line = svg('path', { class: 'ta-heard' }), lineDots = svg('g', { class: 'ta-samples' }), truth = svg('path', { class: 'ta-limit' });
  const text = (x, y, words, kind = 'ta-name') => svg('text', { x, y, class: kind }, words);
  const picture = svg('svg', { viewBox: '0 0 640 250', role: 'img' },
    svg('circle', { cx: 118, cy: 122, r: 92, class: 'ta-ring' }), last, arc, hand,
    text(118, 244, words('바늘: 위상 φ', 'hand: the phase φ'), 'ta-name ta-middle'),
    svg('path', { class: 'ta-axis', d: `M${X(0)} 18V112M${X(0)} ${SAW(0)}H${X(24)}` }), text(X(0) + 6, 14, words('위상 (−1 ~ 1, 반 바퀴)', 'phase (−1 to 1, half turns)')),
    svg('path', { class: 'ta-axis', d: `M${X(0)} 134V218H${X(24)}` }), text(X(0) + 6, 138, words('펼친 위상', 'unwrapped phase')),
    text(X(24), 236, words('프레임 n →', 'frame n →'), 'ta-name ta-end'), truth, saw, line, sawDots, lineDots);
  const says = html('p', { class: 'ta-says' });

  function draw() {
    const phase = n => wrap(turn() * n), step = wrap(turn());
    const end = n => [118 + 88 * Math.cos(Math.PI * phase(n)), 122 - 88 * Math.sin(Math.PI * phase(n))];
    const [x, y] = end(frame), [px, py] = end(Math.max(0, frame - 1));
    set(hand, { x1: 118, y1: 122, x2: x, y2: y });
    set(last, { x1: 118, y1: 122, x2: px, y2: py });
    const from = turn() * (frame - 1), sweep = Array.from({ length: 33 }, (_, i) => Math.PI * (from + step * i / 32));
    set(arc, { d: frame ? path(sweep.map(a => [118 + 40 * Math.cos(a), 122 - 40 * Math.sin(a)])) : '' });
    const numbers = Array.from({ length: frame + 1 }, (_, n) => n), scale = Math.max(1, Math.abs(turn() * 24) / 24);
    const saws = numbers.map(n => [X(n), SAW(phase(n))]), up = numbers.map(n => [X(n), LINE(step * n / scale)]);
    set(saw, { d: path(saws) });
    set(line, { d: path(up) });
    set(truth, { d: path([[X(0), LINE(0)], [X(24), LINE(turn() * 24 / scale)]]) });
    for (const [group, points] of [[sawDots, saws], [lineDots, up]]) group.replaceChildren(...points.map(([cx, cy]) => svg('circle', { cx, cy, r: 3.2 })));
    const wrong = Math.abs(step - turn()) > 1e-9;
    const nu = `2fh/f_s = ${turn().toFixed(2)}, ν = ${step.toFixed(2)}`.replaceAll('-', '−');
    says.textContent = `${nu}. ` + (wrong
      ? words('홉마다 반 바퀴를 넘게 돌아서, 펼친 위상이 실제(가는 선)와 다른 기울기로 갑니다.', 'It turns more than half a turn a hop: the unwrapped phase takes another slope than the true one (thin line).')
      : words('홉마다 반 바퀴를 넘지 않으므로, 펼친 위상은 곧은 선이고 그 기울기가 순간 주파수 ν입니다.', 'No more than half a turn a hop: unwrapped, the phase is a straight line, and its slope is the instantaneous frequency ν.'));
    set(picture, { 'aria-label': words(`${f} Hz의 위상을 ${hop}샘플마다 본 그림. `, `The phase of ${f} Hz every ${hop} samples. `) + says.textContent });
  }
  const control = slider({
    label: words('주파수', 'frequency'), min: 20, max: 600, step: 5, value: f, tell: value => `${value} Hz`,
    move: value => { f = value; playing?.frequency.setTargetAtTime(f, playing.context.currentTime, 0.02); draw(); },
  });
  const hops = choice({
    label: words('홉', 'hop'), value: '16', values: { 16: '16', 32: '32', 64: '64', 128: '128' },
    choose: value => { hop = +value; draw(); },
  });
  const play = sound({
    label: words('느리게 돌리며 듣기', 'Turn slowly, and listen'),
    start(context, out) {
      playing = new OscillatorNode(context, { frequency: f });
      const level = new GainNode(context, { gain: 0.15 });
      playing.connect(level).connect(out);
      const one = playing;
      one.start();
      return () => { one.stop(); if (playing == one) playing = null; };
    },
    changed(on) {
      clearInterval(timer);
      if (on) { frame = 0; timer = setInterval(() => { frame = (frame + 1) % FRAMES; draw(); }, 1000 / SPEED); } else frame = FRAMES - 1;
      draw();
    },
  });
  box.setAttribute('aria-label', words('도는 위상과 펼친 위상', 'A phase that turns, and unwrapped'));
  box.append(picture, control.element, html('div', { class: 'ta-row' }, hops, play), says);
  control.update();
});
