using System.Net;
using System.Text.Json.Nodes;

namespace Sluice.Emulator.Tests;

public sealed class SessionTests : EmulatorTest
{
    [Fact]
    public async Task Created_session_has_a_numeric_id_of_nineteen_digits_and_camel_case()
    {
        using var response = await Query("adk", """{"class_method":"async_create_session","input":{"user_id":"u1","state":{"my_count":3}}}""");
        var session = (await Body(response))["output"]!;
        session["id"]!.GetValue<string>().ShouldMatch("^[1-9][0-9]{18}$");
        session["appName"]!.GetValue<string>().ShouldBe("adk");
        session["userId"]!.GetValue<string>().ShouldBe("u1");
        session["state"]!["my_count"]!.GetValue<double>().ShouldBe(3);
        session["events"]!.AsArray().ShouldBeEmpty();
        session["lastUpdateTime"]!.GetValue<double>().ShouldBeGreaterThan(1e9);
    }

    [Fact]
    public async Task Turn_is_in_the_session_for_class_methods_and_for_rest()
    {
        var id = await NewSession();
        await StreamText("adk", Turn("what time is it", id, sse: true));

        using var response = await Query("adk", $$$"""{"class_method":"async_get_session","input":{"user_id":"u1","session_id":"{{{id}}}"}}""");
        var events = (await Body(response))["output"]!["events"]!.AsArray();
        events.Select(e => e!["author"]!.GetValue<string>()).ShouldBe(["user", "root_agent", "root_agent", "root_agent"]);
        events[1]!["content"]!["parts"]![0]!["functionCall"]!["name"]!.GetValue<string>().ShouldBe("get_time");
        events[3]!["usageMetadata"]!["candidatesTokenCount"]!.GetValue<double>().ShouldBe(3);

        var rest = JsonNode.Parse(await Http.GetStringAsync($"{Root}adk/sessions/{id}/events"))!["sessionEvents"]!.AsArray();
        rest.Count.ShouldBe(4);
        rest[0]!["name"]!.GetValue<string>().ShouldStartWith($"{Resource}adk/sessions/{id}/events/");
        rest[3]!["content"]!["parts"]![0]!["text"]!.GetValue<string>().ShouldBe("It is 10:30.");
        rest.Select(e => e!["invocationId"]!.GetValue<string>()).Distinct().Count().ShouldBe(1);
    }

    [Fact]
    public async Task Unknown_session_is_a_failed_precondition_around_a_404_that_echoes_the_request()
    {
        using var response = await Query("adk", """{"class_method":"async_get_session","input":{"session_id":"7177615616973471745","user_id":"it's me"}}""");
        var error = await Error(response, 400);
        error["status"]!.GetValue<string>().ShouldBe("FAILED_PRECONDITION");
        error["message"]!.GetValue<string>().ShouldEndWith(
            "Error Details: {\"detail\":\"Agent Engine Error: An error occurred during invocation. Exception: 404 NOT_FOUND. " +
            $"{{'error': {{'code': 404, 'message': 'Session {Resource}adk/sessions/7177615616973471745 not found.', 'status': 'NOT_FOUND'}}}}" +
            "\\nRequest Data: {'session_id': '7177615616973471745', 'user_id': \\\"it's me\\\"}\"}");
        error["details"]![0]!["detail"]!.GetValue<string>().ShouldStartWith("[ORIGINAL ERROR] generic::failed_precondition: ");

        using var turn = await Stream("adk", Turn("ping", "1234567890123456789"));
        (await Error(turn, 400))["message"]!.GetValue<string>().ShouldContain("404 NOT_FOUND");
        Control.Counters.TurnsRun("ping").ShouldBe(0);
    }

    [Fact]
    public async Task Session_belongs_to_one_user()
    {
        var id = await NewSession(user: "u1");
        using var response = await Stream("adk", Turn("ping", id, user: "u2"));
        (await Error(response, 400))["message"]!.GetValue<string>().ShouldContain($"Session {id} does not belong to user u2.");
    }

    [Fact]
    public async Task Listing_leaves_events_out_and_deleting_answers_with_nothing()
    {
        var id = await NewSession();
        await StreamText("adk", Turn("ping", id));
        using var list = await Query("adk", """{"class_method":"async_list_sessions","input":{"user_id":"u1"}}""");
        var session = (await Body(list))["output"]!["sessions"]!.AsArray().Single()!;
        session["id"]!.GetValue<string>().ShouldBe(id);
        session["events"]!.AsArray().ShouldBeEmpty();

        using var delete = await Query("adk", $$$"""{"class_method":"async_delete_session","input":{"user_id":"u1","session_id":"{{{id}}}"}}""");
        (await delete.Content.ReadAsStringAsync()).ShouldBe("{}\n");
        using var get = await Http.GetAsync($"{Root}adk/sessions/{id}");
        get.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Rest_session_is_created_by_a_long_running_operation()
    {
        using var created = await Post(Root + "adk/sessions", """{"userId":"u1","sessionState":{"k":"v"},"ttl":"86400s"}""");
        var operation = await Body(created);
        operation["done"].ShouldBeNull();
        var name = operation["name"]!.GetValue<string>();
        name.ShouldMatch($"^{Resource}adk/sessions/[0-9]{{19}}/operations/[0-9]{{19}}$");
        operation["metadata"]!["@type"]!.GetValue<string>().ShouldEndWith("CreateSessionOperationMetadata");

        var done = JsonNode.Parse(await Http.GetStringAsync("/v1beta1/" + name))!;
        done["done"]!.GetValue<bool>().ShouldBeTrue();
        var response = done["response"]!;
        response["@type"]!.GetValue<string>().ShouldBe("type.googleapis.com/google.cloud.aiplatform.v1beta1.Session");
        response["sessionState"]!["k"]!.GetValue<string>().ShouldBe("v");
        response["expireTime"].ShouldNotBeNull();

        var shortcut = JsonNode.Parse(await Http.GetStringAsync($"/v1beta1/projects/p/locations/us-central1/operations/{name[(name.LastIndexOf('/') + 1)..]}"))!;
        shortcut["name"]!.GetValue<string>().ShouldBe(name);
    }

    [Fact]
    public async Task Session_cannot_live_for_less_than_a_day()
    {
        using var response = await Post(Root + "adk/sessions", """{"userId":"u1","ttl":"3600s"}""");
        await Error(response, 400);
    }

    [Fact]
    public async Task Appended_event_and_its_state_show_everywhere()
    {
        var id = await NewSession();
        using var appended = await Post(
            $"{Root}adk/sessions/{id}:appendEvent",
            """{"author":"user","invocationId":"i1","timestamp":"2026-01-01T00:00:00Z","content":{"role":"user","parts":[{"text":"note"}]},"actions":{"stateDelta":{"seen":true}}}""");
        (await appended.Content.ReadAsStringAsync()).ShouldBe("{}\n");

        var session = JsonNode.Parse(await Http.GetStringAsync($"{Root}adk/sessions/{id}"))!;
        session["sessionState"]!["seen"]!.GetValue<bool>().ShouldBeTrue();
        using var got = await Query("adk", $$$"""{"class_method":"async_get_session","input":{"user_id":"u1","session_id":"{{{id}}}"}}""");
        var e = (await Body(got))["output"]!["events"]![0]!;
        e["author"]!.GetValue<string>().ShouldBe("user");
        e["timestamp"]!.GetValue<double>().ShouldBe(1767225600);
    }

    [Fact]
    public async Task Events_are_filtered_by_time_and_paged()
    {
        var id = await NewSession();
        foreach (var day in (string[])["01", "02", "03"])
        {
            using var _ = await Post($"{Root}adk/sessions/{id}:appendEvent", $$"""{"author":"user","invocationId":"i{{day}}","timestamp":"2026-01-{{day}}T00:00:00Z"}""");
        }
        var url = $"{Root}adk/sessions/{id}/events";
        Ids(await Http.GetStringAsync($"{url}?filter={Uri.EscapeDataString("timestamp>=\"2026-01-02T00:00:00Z\"")}")).ShouldBe(["i02", "i03"]);
        var page = await Http.GetStringAsync($"{url}?pageSize=2");
        Ids(page).ShouldBe(["i01", "i02"]);
        var token = JsonNode.Parse(page)!["nextPageToken"]!.GetValue<string>();
        Ids(await Http.GetStringAsync($"{url}?pageSize=2&pageToken={token}")).ShouldBe(["i03"]);

        static IEnumerable<string> Ids(string json) => JsonNode.Parse(json)!["sessionEvents"]!.AsArray().Select(e => e!["invocationId"]!.GetValue<string>());
    }

    [Fact]
    public async Task Sessions_are_filtered_by_user_patched_and_deleted()
    {
        var mine = await NewSession(user: "u1");
        await NewSession(user: "u2");
        var list = JsonNode.Parse(await Http.GetStringAsync($"{Root}adk/sessions?filter=user_id=%22u1%22"))!;
        list["sessions"]!.AsArray().Single()!["name"]!.GetValue<string>().ShouldEndWith(mine);
        (await Http.GetStringAsync($"{Root}adk/sessions?filter=user_id=%22nobody%22")).ShouldBe("{}\n");

        using var patched = await Http.PatchAsync($"{Root}adk/sessions/{mine}?updateMask=displayName", Json("""{"displayName":"d","sessionState":{"x":1}}"""));
        var session = await Body(patched);
        session["displayName"]!.GetValue<string>().ShouldBe("d");
        session["sessionState"].ShouldBeNull();

        using var deleted = await Http.DeleteAsync($"{Root}adk/sessions/{mine}");
        (await Body(deleted))["name"]!.GetValue<string>().ShouldContain("/operations/");
        using var missing = await Http.GetAsync($"{Root}adk/sessions/{mine}");
        (await Error(missing, 404))["message"]!.GetValue<string>().ShouldBe($"Session {Resource}adk/sessions/{mine} not found.");
    }

    [Fact]
    public async Task Memories_are_generated_retrieved_and_deleted()
    {
        using var generated = await Post(
            Root + "adk/memories:generate",
            """{"directMemoriesSource":{"directMemories":[{"fact":"likes tea"}]},"scope":{"app_name":"adk","user_id":"u1"}}""");
        var done = JsonNode.Parse(await Http.GetStringAsync("/v1beta1/" + (await Body(generated))["name"]))!;
        var name = done["response"]!["generatedMemories"]![0]!["memory"]!["name"]!.GetValue<string>();

        using var retrieved = await Post(
            Root + "adk/memories:retrieve", """{"scope":{"app_name":"adk","user_id":"u1"},"similaritySearchParams":{"searchQuery":"tea?","topK":3}}""");
        (await retrieved.Content.ReadAsStringAsync()).ShouldBe("{}\n");
        using var found = await Post(
            Root + "adk/memories:retrieve", """{"scope":{"app_name":"adk","user_id":"u1"},"similaritySearchParams":{"searchQuery":"TEA"}}""");
        (await Body(found))["retrievedMemories"]![0]!["memory"]!["name"]!.GetValue<string>().ShouldBe(name);
        using var searched = await Query("adk", """{"class_method":"async_search_memory","input":{"user_id":"u1","query":"tea"}}""");
        (await Body(searched))["output"]!["memories"]![0]!["content"]!["parts"]![0]!["text"]!.GetValue<string>().ShouldBe("likes tea");
        using var deleted = await Http.DeleteAsync("/v1/" + name);
        deleted.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var gone = await Http.GetAsync("/v1/" + name);
        await Error(gone, 404);
    }
}
