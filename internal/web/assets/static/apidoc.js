// Shows the OpenAPI document with the vendored Swagger UI. Only reading can be
// tried from the page: a write needs a form of ours, or a script with a token.
window.addEventListener("load", function () {
  var at = document.getElementById("swagger-ui");
  SwaggerUIBundle({
    url: at.getAttribute("data-url"),
    domNode: at,
    deepLinking: false,
    validatorUrl: null,
    supportedSubmitMethods: ["get"]
  });
});
