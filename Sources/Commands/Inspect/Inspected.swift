/// A file as it is shown.
protocol Inspected {
  var text: String { get }
  var json: JSON { get }
}
