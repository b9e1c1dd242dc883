/* Draws the charts of a report: each is the JSON beside it, in the words of Plot. */
(() => {
  const { Plot, d3 } = globalThis;
  const inShort = d3.format("~s");
  const formats = {
    count: (value) => (Number.isInteger(value) ? inShort(value) : ""),
    number: (value) => (Math.abs(value) < 1e5 ? String(Number(value.toPrecision(6))) : inShort(value)),
  };

  function scaleOf(scale) {
    const format = formats[scale?.tickFormat];
    return format === undefined ? scale : { ...scale, tickFormat: format };
  }

  function markOf([name, data, options]) {
    if (options.labels) {
      const { labels, ...others } = options;
      return Plot[name](data, { ...others, tickFormat: (_, index) => labels[index] });
    }
    if (name === "tip") {
      const { pointer, ...others } = options;
      const point = { x: Plot.pointerX, y: Plot.pointerY }[pointer] ?? Plot.pointer;
      return Plot.tip(data, point(others));
    }
    return Plot[name](data, options);
  }

  function draw(place, { options, marks }) {
    const width = Math.floor(place.clientWidth);
    if (width === 0 || place.dataset.width === String(width)) return;
    place.dataset.width = String(width);
    const style = { background: "none", overflow: "visible", fontSize: "12px", maxWidth: "100%" };
    place.replaceChildren(
      Plot.plot({ style, ...options, x: scaleOf(options.x), y: scaleOf(options.y), width, marks: marks.map(markOf) }),
    );
  }

  const watcher = new ResizeObserver((entries) => {
    for (const { target } of entries) draw(target, charts.get(target));
  });
  const charts = new Map();
  for (const figure of document.querySelectorAll("figure")) {
    const place = figure.querySelector(".chart");
    const chart = JSON.parse(figure.querySelector("script").textContent);
    charts.set(place, chart);
    draw(place, chart);
    figure.querySelector("details").open = false;
    watcher.observe(place);
  }
})();
