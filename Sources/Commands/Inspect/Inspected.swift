/// What is shown of a file.
protocol Inspected {
  var text: String { get }
  var json: JSON { get }
}
