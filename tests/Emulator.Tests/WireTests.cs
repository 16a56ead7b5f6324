using System.Buffers;
using System.Text;
using System.Text.Json.Nodes;
using Sluice.Emulator.Wire;

namespace Sluice.Emulator.Tests;

public sealed class WireTests
{
    [Theory]
    [InlineData(0, "0.0")]
    [InlineData(-0.0, "-0.0")]
    [InlineData(10, "10.0")]
    [InlineData(0.1, "0.1")]
    [InlineData(-2.5, "-2.5")]
    [InlineData(1754920000.123456, "1754920000.123456")]
    [InlineData(0.0001, "0.0001")]
    [InlineData(0.00001, "1e-05")]
    [InlineData(0.000012345, "1.2345e-05")]
    [InlineData(1e15, "1000000000000000.0")]
    [InlineData(1e16, "1e+16")]
    [InlineData(123456789012345680, "1.2345678901234568e+17")]
    [InlineData(9007199254740993, "9007199254740992.0")]
    [InlineData(1.7976931348623157e308, "1.7976931348623157e+308")]
    [InlineData(5e-324, "5e-324")]
    public void Floats_are_written_as_python_does(double value, string text) => PythonFloat.Repr(value).ShouldBe(text);

    [Theory]
    [InlineData("""{"a":1,"b":[true,null,"x"],"c":{},"d":1.50,"e":[]}""", """{"a": 1, "b": [true, null, "x"], "c": {}, "d": 1.5, "e": []}""")]
    [InlineData("\"\\u0000\\b\\f\\t/<>&'\"", "\"\\u0000\\b\\f\\t/<>&'\"")]
    public void Json_is_written_as_python_does(string json, string text)
    {
        var buffer = new ArrayBufferWriter<byte>();
        new PythonJson(buffer).Value(JsonNode.Parse(json));
        Encoding.UTF8.GetString(buffer.WrittenSpan).ShouldBe(text);
    }

    [Theory]
    [InlineData("""{"a":[1,2.5,null,true],"b":"x"}""", "{'a': [1, 2.5, None, True], 'b': 'x'}")]
    [InlineData("""["it's","say \"hi\"","both ' and \"","tab\t é"]""", """["it's", 'say "hi"', 'both \' and "', 'tab\t é']""")]
    public void Values_are_shown_as_python_shows_them(string json, string text) => PythonRepr.Of(JsonNode.Parse(json.Replace("\t", "\\t"))).ShouldBe(text);
}
