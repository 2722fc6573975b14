// Sorting and searching of the table. The page is whole without it.
(function () {
  "use strict";
  var table = document.querySelector("table.all");
  if (!table) return;
  var body = table.tBodies[0];
  var rows = Array.prototype.slice.call(body.rows);

  function key(row, column) {
    var cell = row.cells[column];
    if (!cell.hasAttribute("data-v")) return cell.textContent;
    var value = cell.getAttribute("data-v");
    return value === "" ? null : Number(value);
  }

  // Empty cells come last either way; equal ones keep the order of the page.
  function sort(column, down) {
    rows.map(function (row, index) { return { row: row, index: index, key: key(row, column) }; })
      .sort(function (a, b) {
        if (a.key === null || b.key === null) return (a.key === null) - (b.key === null) || a.index - b.index;
        var order = typeof a.key === "number" ? a.key - b.key : a.key.localeCompare(b.key, "en", { numeric: true });
        return (down ? -order : order) || a.index - b.index;
      })
      .forEach(function (item) { body.appendChild(item.row); });
  }

  Array.prototype.forEach.call(table.tHead.rows[0].cells, function (head, column) {
    var button = document.createElement("button");
    button.textContent = head.textContent;
    head.textContent = "";
    head.appendChild(button);
    button.addEventListener("click", function () {
      var down = head.getAttribute("aria-sort") === "ascending";
      Array.prototype.forEach.call(table.tHead.rows[0].cells, function (each) { each.removeAttribute("aria-sort"); });
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      sort(column, down);
    });
  });

  var input = document.createElement("input");
  var count = document.createElement("span");
  input.type = "search";
  input.placeholder = "Search: attention f16 wrong";
  input.setAttribute("aria-label", "Search the results");
  document.getElementById("filter").append(input, count);
  input.addEventListener("input", function () {
    var words = input.value.toLowerCase().split(/\s+/);
    var shown = 0;
    rows.forEach(function (row) {
      var text = row.textContent.toLowerCase();
      row.hidden = !words.every(function (word) { return text.indexOf(word) >= 0; });
      shown += row.hidden ? 0 : 1;
    });
    count.textContent = input.value ? shown + " of " + rows.length : "";
  });
})();
