using System.Text.Json.Nodes;
using Sluice.Emulator.Wire;

namespace Sluice.Emulator.Engines;

/// <summary>A part of a genai Content, written in Python's spelling on streams and in proto JSON's everywhere else.</summary>
internal abstract record Part
{
    private Part()
    {
    }

    public abstract void WriteSnake(PythonJson json);

    public abstract JsonObject ToCamel();

    internal sealed record Text(string Value) : Part
    {
        public override void WriteSnake(PythonJson json) => json.Object().Name("text").String(Value).EndObject();

        public override JsonObject ToCamel() => new() { ["text"] = Value };
    }

    internal sealed record FunctionCall(string Id, string Name, JsonObject Args) : Part
    {
        public override void WriteSnake(PythonJson json) =>
            json.Object().Name("function_call").Object().Name("id").String(Id).Name("args").Value(Args).Name("name").String(Name).EndObject().EndObject();

        public override JsonObject ToCamel() =>
            new() { ["functionCall"] = new JsonObject { ["id"] = Id, ["args"] = Args.DeepClone(), ["name"] = Name } };
    }

    internal sealed record FunctionResponse(string Id, string Name, JsonObject Response) : Part
    {
        public override void WriteSnake(PythonJson json) => json.Object().Name("function_response").Object()
            .Name("id").String(Id).Name("name").String(Name).Name("response").Value(Response).EndObject().EndObject();

        public override JsonObject ToCamel() =>
            new() { ["functionResponse"] = new JsonObject { ["id"] = Id, ["name"] = Name, ["response"] = Response.DeepClone() } };
    }

    /// <summary>A part as the caller sent it.</summary>
    internal sealed record Sent(JsonObject Json) : Part
    {
        public override void WriteSnake(PythonJson json) => json.Value(Json);

        public override JsonObject ToCamel() => Spelling.Camel(Json);
    }
}
